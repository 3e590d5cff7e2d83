(* SPDX-License-Identifier: BSL-1.0 *)
(** The buffer of a channel: what the holder of the channel's lock does with the bars. A bar is set in the very step that shows
    the ring empty, or full; while it is there the ring stays so; and an exchange at a full ring is one step for everybody
    else, though it is two stores. *)
From iris.base_logic.lib Require Import invariants mono_nat ghost_var.
From iris.unstable.base_logic Require Import mono_list.
From iris.heap_lang Require Import proofmode notation.
From iris.heap_lang.lib Require Import nondet_bool.
From sluice Require Import chan_ring.

Section bars.
  Context `{!heapGS Σ, !chan_ringG Σ} (N : namespace) (n : nat) (lap : Z).
  Implicit Types (r : buffer) (h t i k : nat) (xs vs : list val) (m p q x odd : bool) (s : option nat).
  Local Notation place := (place n lap).
  Local Notation word := (word n lap).
  Local Notation ring_inv := (ring_inv n lap).
  Local Notation shape := (shape n lap).
  Local Notation ring_value := (ring_value n lap).
  Local Notation filled_up := (filled_up n).

  (** the word that the holder of the lock has barred, or not, as it finds it *)
  Lemma load_tail r s m :
    {{{ inv N (ring_inv r) ∗ pushes_barred r (s, m) }}} !#(l_tail r)
    {{{ t p, RET #(word t p); pushes_barred r (s, m) ∗ ⌜s = if p then Some t else None⌝ ∗ mono_nat_lb_own (ηt r) t }}}.
  Proof.
    iIntros (Φ) "[#I Hp'] HΦ". iInv N as (h t xs m' p q x) ">(Hh & Ht & Hg & Hx & Hgh & Hgt & Hc & Hp & H)". wp_load.
    iDestruct (ghost_var_agree with "Hp' Hp") as %[= -> ->]. iDestruct (mono_nat_lb_own_get with "Hgt") as "#Hlb".
    iModIntro. iSplitR "HΦ Hp'"; first (iNext; iExists h, t, xs, m', p, q, x; iFrame). iApply "HΦ". by iFrame "∗ #".
  Qed.
  Lemma load_head r s :
    {{{ inv N (ring_inv r) ∗ pops_barred r (s, false) }}} !#(l_head r)
    {{{ h q, RET #(word h q); pops_barred r (s, false) ∗ ⌜s = if q then Some h else None⌝ ∗ mono_nat_lb_own (ηh r) h }}}.
  Proof.
    iIntros (Φ) "[#I Hq'] HΦ". iInv N as (h t xs m p q x) ">(Hh & Ht & Hg & Hx & Hgh & Hgt & Hc & Hp & Hq & H)". wp_load.
    iDestruct (ghost_var_agree with "Hq' Hq") as %[= -> <-]. iDestruct (mono_nat_lb_own_get with "Hgh") as "#Hlb". rewrite Nat.add_0_r.
    iModIntro. iSplitR "HΦ Hq'"; first (iNext; iExists h, t, xs, m, p, q, false; rewrite Nat.add_0_r; iFrame).
    iApply "HΦ". by iFrame "∗ #".
  Qed.

  Lemma bar_pushes_if_empty_spec r s m :
    shape r →
    {{{ inv N (ring_inv r) ∗ pushes_barred r (s, m) ∗ pops_barred r (None, false) }}} bar_pushes_if_empty (ring_value r)
    {{{ b, RET #b; pops_barred r (None, false) ∗
        if b : bool then ∃ t, pushes_barred r (Some t, m) ∗ emptied r t else pushes_barred r (s, m) }}}.
  Proof.
    iIntros (Hs Φ) "(#I & Hp & Hq) HΦ". pose proof Hs as (Hn & He & Hl & Hlen & H4). wp_lam. wp_pures.
    wp_apply (load_head with "[$I $Hq]"). iIntros (h q) "(Hq & %E & #Hlb)". destruct q; first done.
    replace (word h false) with (place h) by (rewrite /ring_positions.word; lia). wp_pures. rewrite /weak_cas. wp_pures.
    wp_apply nondet_bool_spec; first done. iIntros ([]) "_"; wp_pures.
    - wp_apply (load_tail with "[$I $Hp]"). iIntros (t p) "(Hp & %Et & _)". wp_pures.
      case_bool_decide as Hb; iApply "HΦ"; iModIntro; iFrame "Hq"; last by iFrame.
      injection Hb as Hb. apply (word_inj n lap Hn He Hl t h p true) in Hb as [-> ->]. rewrite Et. iExists h. by iFrame "∗ #".
    - wp_bind (CmpXchg _ _ _). iInv N as (h' t xs m' p q x) ">(Hh & Ht & Hg & Hx & Hgh & Hgt & Hc & Hp' & Hq' & %P & H)".
      iDestruct (ghost_var_agree with "Hp Hp'") as %[= -> ->]. destruct (decide (t = h ∧ p = false)) as [[-> ->]|Hne].
      + replace (place h) with (word h false) by (rewrite /ring_positions.word; lia). wp_cmpxchg_suc.
        iMod (ghost_var_update_halves (Some h, m') with "Hp Hp'") as "[Hp Hp']".
        iModIntro. iSplitR "HΦ Hp Hq".
        { iNext. iExists h', h, xs, m', true, q, x. iFrame. replace (word h false + 1)%Z with (word h true) by (rewrite /ring_positions.word; lia).
          iFrame. iPureIntro. destruct P as [? [? ?]]. by split. }
        wp_pures. iApply "HΦ". iModIntro. iFrame "Hq". iExists h. by iFrame "∗ #".
      + wp_cmpxchg_fail.
        { replace (place h) with (word h false) by (rewrite /ring_positions.word; lia). intros [= Hw]. apply Hne. by apply word_inj in Hw. }
        iModIntro. iSplitR "HΦ Hp Hq"; first (iNext; iExists h', t, xs, m', p, q, x; by iFrame). wp_pures.
        case_bool_decide as Hb; iApply "HΦ"; iModIntro; iFrame "Hq"; last by iFrame.
        injection Hb as Hb. apply (word_inj n lap Hn He Hl t h p true) in Hb as [-> ->]. iExists h. by iFrame "∗ #".
  Qed.

  Lemma bar_pops_if_full_spec r s :
    shape r →
    {{{ inv N (ring_inv r) ∗ pushes_barred r (None, false) ∗ pops_barred r (s, false) }}} bar_pops_if_full (ring_value r)
    {{{ b, RET #b; pushes_barred r (None, false) ∗
        if b : bool then ∃ h, pops_barred r (Some h, false) ∗ filled_up r h else pops_barred r (s, false) }}}.
  Proof.
    iIntros (Hs Φ) "(#I & Hp & Hq) HΦ". pose proof Hs as (Hn & He & Hl & Hlen & H4). wp_lam. wp_pures.
    wp_apply (load_tail with "[$I $Hp]"). iIntros (t p) "(Hp & %E & #Hlb)". destruct p; first done.
    replace (word t false) with (place t) by (rewrite /ring_positions.word; lia). wp_pures. rewrite /weak_cas. wp_pures.
    assert (∀ h q, word h q = (place t - lap + 1)%Z → t = (h + n)%nat ∧ q = true) as Hbar.
    { intros h q Hw. pose proof (place_even n lap Hn He h) as E1. pose proof (place_even n lap Hn He t) as E2. destruct q.
      - split; last done. apply (place_full n lap Hn Hl). rewrite /ring_positions.word in Hw. lia.
      - exfalso. rewrite /ring_positions.word in Hw. assert (place h = place t - lap + 1)%Z as E3 by lia.
        rewrite E3 Zplus_mod Zminus_mod E2 He in E1. done. }
    wp_apply nondet_bool_spec; first done. iIntros ([]) "_"; wp_pures.
    - wp_apply (load_head with "[$I $Hq]"). iIntros (h q) "(Hq & %Et & _)". wp_pures.
      case_bool_decide as Hb; iApply "HΦ"; iModIntro; iFrame "Hp"; last by iFrame.
      injection Hb as Hb. apply Hbar in Hb as [-> ->]. rewrite Et. iExists h. by iFrame "∗ #".
    - wp_bind (CmpXchg _ _ _). iInv N as (h t' xs m p q x) ">(Hh & Ht & Hg & Hx & Hgh & Hgt & Hc & Hp' & Hq' & %P & H)".
      iDestruct (ghost_var_agree with "Hq Hq'") as %[= -> <-]. rewrite Nat.add_0_r.
      destruct (decide (word h q = place t - lap)%Z) as [Hw|Hw].
      + assert (q = false) as ->.
        { destruct q; last done. pose proof (word_mark n lap Hn He Hl h true) as Hm. exfalso.
          assert (word h true `mod` 2 = 0)%Z as H0.
          { rewrite Hw Zminus_mod (place_even n lap Hn He) He. done. }
          rewrite Z.rem_mod_nonneg in Hm; [lia| |lia]. pose proof (place_nonneg n lap Hn Hl h). rewrite /ring_positions.word. lia. }
        assert (place h = place t - lap)%Z as Hf by (rewrite -Hw /ring_positions.word; lia).
        apply (place_full n lap Hn Hl) in Hf as ->. rewrite Hw. wp_cmpxchg_suc.
        iDestruct (mono_nat_lb_own_valid with "Hgt Hlb") as %[_ Hle].
        iMod (ghost_var_update_halves (Some h, false) with "Hq Hq'") as "[Hq Hq']".
        iModIntro. iSplitR "HΦ Hp Hq".
        { iNext. iExists h, t', xs, m, p, true, false. rewrite -Hw Nat.add_0_r.
          replace (word h false + 1)%Z with (word h true) by (rewrite /ring_positions.word; lia).
          iFrame. iPureIntro. destruct P as [? [? ?]]. split; first done. by split. }
        wp_pures. iApply "HΦ". iModIntro. iFrame "Hp". iExists h. by iFrame "∗ #".
      + wp_cmpxchg_fail. iModIntro. iSplitR "HΦ Hp Hq".
        { iNext. iExists h, t', xs, m, p, q, false. rewrite Nat.add_0_r. by iFrame. }
        wp_pures. case_bool_decide as Hb; iApply "HΦ"; iModIntro; iFrame "Hp"; last by iFrame.
        injection Hb as Hb. apply Hbar in Hb as [-> ->]. iExists h. by iFrame "∗ #".
  Qed.

  Lemma let_pushes_spec r t :
    {{{ inv N (ring_inv r) ∗ pushes_barred r (Some t, false) }}} let_pushes (ring_value r) {{{ RET #(); pushes_barred r (None, false) }}}.
  Proof.
    iIntros (Φ) "[#I Hp] HΦ". wp_lam. wp_pures. wp_bind (FAA _ _).
    iInv N as (h t' xs m p q x) ">(Hh & Ht & Hg & Hx & Hgh & Hgt & Hc & Hp' & H & %P & Hs)".
    iDestruct (ghost_var_agree with "Hp Hp'") as %[= E <-]. destruct p; last done. wp_faa.
    iMod (ghost_var_update_halves (None, false) with "Hp Hp'") as "[Hp Hp']". iModIntro. iSplitR "HΦ Hp".
    { iNext. iExists h, t', xs, false, false, q, x. replace (word t' true + -1)%Z with (word t' false) by (rewrite /ring_positions.word; lia).
      iFrame. iPureIntro. destruct P as [? [? ?]]. by split. }
    wp_pures. by iApply "HΦ".
  Qed.
  Lemma let_pops_spec r h :
    {{{ inv N (ring_inv r) ∗ pops_barred r (Some h, false) }}} let_pops (ring_value r) {{{ RET #(); pops_barred r (None, false) }}}.
  Proof.
    iIntros (Φ) "[#I Hq] HΦ". wp_lam. wp_pures. wp_bind (FAA _ _).
    iInv N as (h' t xs m p q x) ">(Hh & Ht & Hg & Hx & Hgh & Hgt & Hc & Hp & Hq' & %P & Hs)".
    iDestruct (ghost_var_agree with "Hq Hq'") as %[= E <-]. destruct q; last done. wp_faa.
    iMod (ghost_var_update_halves (None, false) with "Hq Hq'") as "[Hq Hq']". iModIntro. iSplitR "HΦ Hq".
    { iNext. iExists h', t, xs, m, p, false, false. rewrite Nat.add_0_r.
      replace (word h' true + -1)%Z with (word h' false) by (rewrite /ring_positions.word; lia).
      iFrame. iPureIntro. destruct P as [? [? ?]]. by split. }
    wp_pures. by iApply "HΦ".
  Qed.
  (** close *)
  Lemma bar_pushes_spec r s :
    shape r →
    {{{ inv N (ring_inv r) ∗ pushes_barred r (s, false) }}} bar_pushes (ring_value r)
    {{{ t, RET #(); pushes_barred r (Some t, false) ∗ ⌜s ≠ None → s = Some t⌝ }}}.
  Proof.
    iIntros (Hs Φ) "[#I Hp] HΦ". pose proof Hs as (Hn & He & Hl & Hlen & H4). iLöb as "IH". wp_rec. wp_pures.
    wp_apply (load_tail with "[$I $Hp]"). iIntros (t p) "(Hp & %E & _)". wp_pures.
    wp_apply wp_is_marked; [done..|]. iIntros "_". destruct p; wp_pures.
    { rewrite E. iApply "HΦ". by iFrame. }
    wp_bind (CmpXchg _ _ _). iInv N as (h t' xs m p q x) ">(Hh & Ht & Hg & Hx & Hgh & Hgt & Hc & Hp' & H & %P & Hs)".
    iDestruct (ghost_var_agree with "Hp Hp'") as %[= E' <-]. rewrite E in E'. destruct p; first done.
    destruct (decide (t' = t)) as [->|Hne].
    - wp_cmpxchg_suc. iMod (ghost_var_update_halves (Some t, false) with "Hp Hp'") as "[Hp Hp']". iModIntro. iSplitR "HΦ Hp".
      { iNext. iExists h, t, xs, false, true, q, x. replace (word t false + 1)%Z with (word t true) by (rewrite /ring_positions.word; lia).
        iFrame. iPureIntro. destruct P as [? [? ?]]. by split. }
      wp_pures. iApply "HΦ". iModIntro. iFrame. iPureIntro. by rewrite E.
    - wp_cmpxchg_fail; first (intros [= [??]%word_inj]; naive_solver). iModIntro. iSplitR "HΦ Hp".
      { iNext. iExists h, t', xs, false, false, q, x. by iFrame. }
      wp_pures. by iApply ("IH" with "Hp HΦ").
  Qed.

  (** ** The element at the head of a full ring *)
  Definition front r h : iProp Σ := ∃ k i γ, ⌜(i < n ∧ h = n*k+i)%nat ∧ ηs r !! i = Some γ⌝ ∗ mono_nat_lb_own γ (2 * k + 1).
  Global Instance front_persistent r h : Persistent (front r h). Proof. apply _. Qed.
  Lemma front_is_filled_spec r h :
    shape r →
    {{{ inv N (ring_inv r) ∗ pops_barred r (Some h, false) }}} front_is_filled (ring_value r)
    {{{ b, RET #b; pops_barred r (Some h, false) ∗ if b : bool then front r h else True }}}.
  Proof.
    iIntros (Hs Φ) "[#I Hq] HΦ". pose proof Hs as (Hn & He & Hl & Hlen & H4). wp_lam. wp_pures.
    wp_apply (load_head with "[$I $Hq]"). iIntros (h' q) "(Hq & %E & _)". destruct q; last done. injection E as <-.
    wp_apply wp_unmarked; [done..|]. iIntros "_".
    wp_apply (turn_read with "I"); first done. iIntros (k k' i γ odd) "[[%Hi %Hγ] #HT]". wp_pures.
    case_bool_decide as HE; iApply "HΦ"; iModIntro; iFrame "Hq".
    assert (k' = k ∧ odd = true) as [-> ->].
    { injection HE as HE. destruct (Nat.lt_total k' k) as [|[->|]]; destruct odd; simpl in HE; try done; nia. }
    iExists k, i, γ. by iFrame "HT".
  Qed.

  Lemma load_full_tail r h :
    {{{ inv N (ring_inv r) ∗ pushes_barred r (None, false) ∗ pops_barred r (Some h, false) ∗ filled_up r h }}} !#(l_tail r)
    {{{ RET #(word (h + n) false); pushes_barred r (None, false) ∗ pops_barred r (Some h, false) }}}.
  Proof.
    iIntros (Φ) "(#I & Hp & Hq & #Hfull) HΦ".
    iInv N as (h' t xs m p q x) ">(Hh & Ht & Hg & Hx & Hgh & Hgt & Hc & Hp' & Hq' & %P & Hs)".
    iDestruct (ghost_var_agree with "Hq Hq'") as %[= E <-]. destruct q; last done. injection E as <-.
    iDestruct (ghost_var_agree with "Hp Hp'") as %[= E <-]. destruct p; first done.
    iDestruct (mono_nat_lb_own_valid with "Hgt Hfull") as %[_ Hle]. assert (t = h + n)%nat as -> by lia. wp_load.
    iModIntro. iSplitR "HΦ Hp Hq"; last (iApply "HΦ"; by iFrame). iNext. iExists h, (h + n)%nat, xs, false, false, true, false. by iFrame.
  Qed.

  (** from filled, claimed by a pop, straight to filled in the next lap *)
  Lemma publish_exchanged r i γ k (v : val) :
    shape r → ηs r !! i = Some γ →
    {{{ inv N (ring_inv r) ∗ (l_turns r +ₗ i) ↦{#1/2} #(lap * k + 1%nat) ∗ (l_cells r +ₗ i) ↦ v ∗
        mono_list_idx_own (ηx r) (n*(k+1)+i) v }}}
      #(l_turns r +ₗ i) <- #(lap * (k + 1)%nat + 1)%Z
    {{{ RET #(); True }}}.
  Proof.
    iIntros (Hs Hi Φ) "(#I & Htn & Hb & Hidx) HΦ". destruct Hs as (Hn & He & Hl & Hlen & H4).
    assert (i < n)%nat by (rewrite -Hlen; by eapply lookup_lt_Some).
    iInv N as (h t xs m p q x) ">(Hh & Ht & Hg & Hx & Hgh & Hgt & Hc & Hp & Hq & %P & Hs)".
    iDestruct (big_sepL_lookup_acc with "Hs") as "[Hi Hs]"; first done.
    iDestruct "Hi" as (k' odd) "(Hm & Htn' & Hr)".
    iDestruct (mapsto_agree with "Htn Htn'") as %[= E].
    assert (odd = true ∧ k' = k) as [-> ->].
    { assert (k = k') as -> by (destruct odd; simpl in E; nia). by destruct odd; try (simpl in E; lia). }
    iCombine "Htn Htn'" as "Htn". iDestruct "Hr" as "[%Hk [%Hc|[Htn' _]]]"; last first.
    { by iDestruct (mapsto_valid_2 with "Htn Htn'") as %[[]%exclusive_l _]; apply _. }
    iDestruct (mono_list_auth_idx_lookup with "Hx Hidx") as %Hv. pose proof (lookup_lt_Some _ _ _ Hv). wp_store.
    iMod (mono_nat_own_update (2 * (k + 1) + Nat.b2n true) with "Hm") as "[Hm _]"; first (simpl; lia).
    iDestruct "Htn" as "[Htn Htn']". iModIntro. iSplitR "HΦ"; last by iApply "HΦ".
    iNext. iExists h, t, xs, m, p, q, x. iFrame "Hh Ht Hg Hx Hgh Hgt Hc Hp Hq". iSplit; first done.
    iApply "Hs". iExists (k+1)%nat, true. iFrame "Hm Htn". iSplit; first (iPureIntro; lia). iRight. iFrame "Htn'".
    iExists v. by iFrame.
  Qed.

  Lemma exchange_front_spec r h (v : val) Q :
    shape r →
    {{{ inv N (ring_inv r) ∗ pushes_barred r (None, false) ∗ pops_barred r (Some h, false) ∗ filled_up r h ∗ front r h ∗
        (∀ u rest, ⌜S (length rest) = n⌝ -∗ content r (u :: rest) false ={⊤ ∖ ↑N}=∗ content r (rest ++ [v]) false ∗ Q u) }}}
      exchange_front (ring_value r) v
    {{{ u, RET u; pushes_barred r (None, false) ∗ pops_barred r (Some (S h), false) ∗ filled_up r (S h) ∗ Q u }}}.
  Proof.
    iIntros (Hs Φ) "(#I & Hp & Hq & #Hfull & #Hfront & HQ) HΦ". pose proof Hs as (Hn & He & Hl & Hlen & H4). wp_lam. wp_pures.
    wp_apply (load_head with "[$I $Hq]"). iIntros (h' q) "(Hq & %E & _)". destruct q; last done. injection E as <-.
    wp_apply wp_unmarked; [done..|]. iIntros "_". wp_pures.
    wp_apply (load_full_tail with "[$I $Hp $Hq $Hfull]"). iIntros "[Hp Hq]". wp_pures.
    wp_apply wp_unmarked; [done..|]. iIntros "_". wp_pures. wp_apply wp_next_of; [done..|]. iIntros "_". wp_pures.
    (* the head *)
    wp_bind (Store _ _). iInv N as (h' t' xs m p q x) ">(Hh & Ht & Hg & Hx & Hgh & Hgt & Hc & Hp' & Hq' & %P & Hs)".
    iDestruct (ghost_var_agree with "Hq Hq'") as %[= E' <-]. destruct q; last done. injection E' as <-.
    iDestruct (mono_nat_lb_own_valid with "Hgt Hfull") as %[_ Hle].
    destruct P as [[HP1 [HP2 HP3]] [HP4 HP5]]. assert (t' = h + n)%nat as -> by lia. wp_store.
    iMod (ghost_var_update_halves (Some h, true) with "Hq Hq'") as "[Hq Hq']". iModIntro. iSplitR "HΦ HQ Hp Hq".
    { iNext. iExists h, (h + n)%nat, xs, m, p, true, true. replace (h + Nat.b2n true)%nat with (S h) by (simpl; lia). iFrame.
      iPureIntro. split; first lia. by split. }
    clear Hle HP1 HP2 HP3 HP4 HP5 xs m p. wp_pures. wp_apply wp_next_of; [done..|]. iIntros "_". wp_pures.
    (* the tail: both at once *)
    wp_bind (Store _ _). iInv N as (h' t' xs m p q x) ">(Hh & Ht & Hg & Hx & Hgh & Hgt & Hc & Hp' & Hq' & %P & Hs)".
    iDestruct (ghost_var_agree with "Hq Hq'") as %[= E' <-]. destruct q; last done. injection E' as <-.
    iDestruct (ghost_var_agree with "Hp Hp'") as %[= E' <-]. destruct p; first done.
    destruct P as [[HP1 [HP2 HP3]] [HP4 HP5]]. destruct HP4 as [_ ->]; first done.
    iDestruct "Hfront" as (k i γ) "[[[%Hi %Eh] %Hγ] HT]".
    iDestruct (big_sepL_lookup_acc_impl with "Hs") as "[Hi Hs]"; first done.
    iDestruct "Hi" as (k' odd) "(Hm & Htn & Hi)". iDestruct (mono_nat_lb_own_valid with "Hm HT") as %[_ Hlb].
    destruct odd; last first.
    { iDestruct "Hi" as "[%Hk _]". assert (k' ≤ k)%nat by (apply (lap_le n i); lia). simpl in Hlb. lia. }
    iDestruct "Hi" as "[%Hk Hi]". simpl in Hlb.
    assert (k' = k) as -> by (assert (k' ≤ k)%nat by (apply (lap_le n i); lia); lia).
    iDestruct "Hi" as "[%|[Htn' Hb]]"; first lia. iDestruct "Hb" as (u Hu) "Hb". rewrite -Eh in Hu.
    wp_store. rewrite (drop_S _ u _ Hu). iMod ("HQ" with "[%] Hc") as "[Hc HQ]"; first (rewrite drop_length; lia).
    iMod (mono_list_auth_own_update_app [v] with "Hx") as "[Hx Hx']".
    iDestruct (mono_list_idx_own_get (h + n) v with "Hx'") as "#Hidx".
    { rewrite lookup_app_r; last lia. by replace (h + n - length xs)%nat with 0%nat by lia. }
    iMod (mono_nat_own_update (S h) with "Hgh") as "[Hgh _]"; first lia.
    iMod (mono_nat_own_update (S h + n) with "Hgt") as "[Hgt #Hfull']"; first lia.
    iMod (ghost_var_update_halves (Some (S h), false) with "Hq Hq'") as "[Hq Hq']".
    iModIntro. iSplitR "HΦ HQ Hp Hq Htn' Hb".
    { iNext. iExists (S h), (S h + n)%nat, (xs ++ [v]), false, false, true, false.
      replace (S h + Nat.b2n false)%nat with (h + Nat.b2n true)%nat by (simpl; lia). iFrame "Hh Hg Hx Hgh Hgt Hp' Hq'".
      replace (place (S (h + n)) + (word (h + n) false - place (h + n)))%Z with (word (S h + n) false)
        by (rewrite /ring_positions.word /=; lia).
      iFrame "Ht". rewrite /content drop_app_le; last lia. iFrame "Hc".
      iSplit; first (iPureIntro; rewrite app_length /bars_true /=; naive_solver lia).
      iApply ("Hs" with "[]").
      - iIntros "!>" (j γj Hj Hne) "H". apply lookup_lt_Some in Hj. iApply (slot_push_other n lap r xs (S h) (h + n)).
        rewrite Eh. iApply (slot_pop_other with "H"); lia.
      - iExists k, true. iFrame "Hm Htn". iSplit; first (iPureIntro; lia). iLeft. iPureIntro; lia. }
    wp_pures. wp_apply wp_index_of; [done..|]. iIntros "_". rewrite Eh ticket_mod //. wp_load. wp_pures. wp_lam. wp_pures.
    assert (n * k + i + n = n * (k + 1) + i)%nat as -> by lia.
    wp_apply wp_index_of; [done..|]. iIntros "_". rewrite ticket_mod //. wp_store. wp_pures.
    wp_apply wp_lap_of; [done..|]. iIntros "_". wp_pures.
    wp_apply wp_index_of; [done..|]. iIntros "_". rewrite ticket_mod // ticket_div //. wp_pures.
    wp_apply (publish_exchanged with "[$I $Htn' $Hb $Hidx]"); [done..|]. iIntros "_". wp_pures. iApply "HΦ". iModIntro. iFrame.
    iFrame "Hfull'".
  Qed.
End bars.
