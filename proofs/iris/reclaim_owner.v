(* SPDX-License-Identifier: BSL-1.0 *)
(** reclaim: domains, and who comes and goes: a record is one thread's at a time, and the garbage that a thread leaves is
    adopted as it was. *)
From iris.base_logic.lib Require Import invariants mono_nat ghost_map.
From iris.heap_lang Require Import proofmode notation.
From iris.heap_lang.lib Require Import nondet_bool.
From sluice Require Import reclaim reclaim_state reclaim_collect reclaim_section.

Section owner.
  Context `{!heapGS Σ, !reclaimG Σ} (N : namespace) (content : loc → iProp Σ).
  Implicit Types (γ : names) (d r o l f k : loc) (x : reader) (R : gmap loc reader) (O : gmap loc object) (e b u up : nat).
  Notation is_domain := (is_domain N content). Notation stamped := (stamped content). Notation part := (part content).

  Theorem new_domain_spec : {{{ True }}} new_domain #() {{{ γ d, RET #d; is_domain γ d }}}.
  Proof.
    iIntros (Φ) "_ HΦ". wp_lam. wp_alloc d as "Hd"; first lia. rewrite /array /=. iDestruct "Hd" as "(H0 & H1 & H2 & _)".
    wp_pures. wp_store.
    iMod (mono_nat_own_alloc 1) as (γe) "[He _]". iMod (ghost_map_alloc_empty (K:=loc) (V:=reader)) as (γr) "Hr".
    iMod (ghost_map_alloc_empty (K:=loc) (V:=unit)) as (γk) "Hk". iMod (ghost_map_alloc_empty (K:=loc) (V:=object)) as (γo) "Ho".
    set (γ := Names γe γr γk γo).
    iMod (inv_alloc (N.@"domain") _ (domain_inv content γ d) with "[H0 H1 He Hr Hk Ho]") as "#I".
    { iNext. iExists 1, ∅, ∅. rewrite /contents dom_empty_L big_sepS_empty /state fmap_empty !big_sepM_empty. iFrame.
      iSplit; last done. iExists NONEV, []. iFrame. by rewrite dom_empty_L. }
    iMod (inv_alloc (N.@"orphans") _ (orphans_inv content γ d) with "[H2]") as "#I'"; first by (iNext; iApply stack_empty).
    iModIntro. iApply ("HΦ" $! γ d). by iFrame "I I'".
  Qed.

  Definition record γ r : iProp Σ := r ↪[γk γ]□ () ∗ ∃ up, r ↪[γr γ] Reader None up ∅.
  Lemma find_free_spec γ d v rs :
    {{{ is_domain γ d ∗ line γ v rs }}} find_free v {{{ w, RET w; ⌜w = NONEV⌝ ∨ ∃ r, ⌜w = SOMEV #r⌝ ∗ record γ r }}}.
  Proof.
    iIntros (Φ) "[#[I I'] #Hv] HΦ". iInduction rs as [|r rs] "IH" forall (v) "Hv"; wp_rec; simpl.
    { iDestruct "Hv" as %->. wp_pures. iApply "HΦ". by iLeft. }
    iDestruct "Hv" as (->) "[Hr Hv]". iDestruct "Hv" as (w) "[Hw Hv]". wp_pures. wp_lam. wp_pures.
    wp_apply nondet_bool_spec; first done. iIntros ([]) "_"; wp_pures.
    { wp_bind (! _)%E. iInv "I" as (e R O) "[>Hs HO]". iDestruct (state_taken_same with "Hs Hr") as (tk) "[H2 Hs]". wp_load.
      iDestruct ("Hs" with "H2") as "Hs". iModIntro. iSplitL "Hs HO"; first (iNext; iExists _, _, _; by iFrame).
      wp_pures. wp_load. by iApply ("IH" with "HΦ"). }
    wp_bind (CmpXchg _ _ _). iInv "I" as (e R O) "[>Hs HO]". iDestruct (state_taken with "Hs Hr") as (x tk [Hs Hx]) "(H2 & Htk & Hs)".
    destruct tk.
    - wp_cmpxchg_fail. iDestruct ("Hs" $! true with "H2 [//]") as "Hs". iModIntro.
      iSplitL "Hs HO"; first (iNext; iExists _, _, _; by iFrame). wp_pures. wp_load. by iApply ("IH" with "HΦ").
    - wp_cmpxchg_suc. iDestruct ("Hs" $! true with "H2 [//]") as "Hs". iModIntro.
      iSplitL "Hs HO"; first (iNext; iExists _, _, _; by iFrame). wp_pures. iApply "HΦ". iRight. iExists r. iFrame "Hr".
      iDestruct "Htk" as (Hnone) "Hx". destruct (sound_at _ _ _ _ _ Hs Hx) as (Htook & _). iModIntro. iSplit; [done|].
      destruct x as [lo up S]; simpl in *; subst. rewrite Htook //. by iExists up.
  Qed.
  Lemma state_records γ d e R O :
    state γ d e R O -∗ ∃ v rs, (d +ₗ 1) ↦ v ∗ line γ v rs ∗
      (((d +ₗ 1) ↦ v -∗ state γ d e R O) ∧
       ∀ r, (d +ₗ 1) ↦ SOMEV #r -∗ (r +ₗ 0) ↦ #outside -∗ (r +ₗ 1) ↦ #0 -∗ (r +ₗ 2) ↦ #true -∗ (r +ₗ 3) ↦ v ==∗
         ∃ R', state γ d e R' O ∗ record γ r).
  Proof.
    iIntros "(He & Hm & Hln & HR & Hk & HO & %Hs & Hrs & Hos)". iDestruct "Hln" as (v rs) "(Hv & #Hln & %Hdom)".
    iExists v, rs. iFrame "Hv Hln". iSplit.
    { iIntros "Hv". iFrame. iSplit; [|done]. iExists v, rs. by iFrame "∗ #". }
    iIntros (r) "Hv H0 H1 H2 H3". iMod (mapsto_persist with "H3") as "#H3".
    iAssert ⌜R !! r = None⌝%I as %Hr.
    { destruct (R !! r) as [x|] eqn:Hx; [|done]. iDestruct (big_sepM_lookup with "Hrs") as "H"; first done.
      iDestruct "H" as (tk) "[H _]". by iDestruct (mapsto_ne with "H0 H") as %?. }
    iMod (ghost_map_insert r (Reader None 0 ∅) with "HR") as "[HR Hx]"; first done.
    iMod (ghost_map_insert r () with "Hk") as "[Hk Hr]"; first by rewrite lookup_fmap Hr.
    iMod (ghost_map_elem_persist with "Hr") as "#Hr". iModIntro. iExists (<[r:=Reader None 0 ∅]> R).
    iSplitR "Hx"; last (iFrame "Hr"; by iExists 0). rewrite /state fmap_insert big_sepM_insert //. iFrame.
    iSplitL "Hv".
    { iExists (SOMEV #r), (r :: rs). iFrame. iSplit; last by (iPureIntro; rewrite dom_insert_L Hdom).
      simpl. iSplit; [done|]. iFrame "Hr". iExists v. by iFrame "H3 Hln". }
    iSplit; last by (iExists true; iFrame).
    iPureIntro. apply sound_reader; [done|]. repeat split; simpl; [done|lia|set_solver].
  Qed.
  Lemma add_record_spec γ d r (v w : val) rs :
    {{{ is_domain γ d ∗ line γ v rs ∗ (r +ₗ 0) ↦ #outside ∗ (r +ₗ 1) ↦ #0 ∗ (r +ₗ 2) ↦ #true ∗ (r +ₗ 3) ↦ w }}}
      add_record #d #r v
    {{{ RET #r; record γ r }}}.
  Proof.
    iIntros (Φ) "(#[I I'] & #Hln & H0 & H1 & H2 & H3) HΦ". iLöb as "IH" forall (v w rs) "Hln".
    wp_rec. wp_pures. wp_store. wp_pures. wp_lam. wp_pures.
    wp_apply nondet_bool_spec; first done. iIntros ([]) "_"; wp_pures.
    { wp_bind (! _)%E. iInv "I" as (e R O) "[>Hs HO]".
      iDestruct (state_records with "Hs") as (v' rs') "(Hv & #Hln' & [Hs _])". wp_load. iDestruct ("Hs" with "Hv") as "Hs". iModIntro.
      iSplitL "Hs HO"; first (iNext; iExists _, _, _; by iFrame). wp_pures. iApply ("IH" with "H0 H1 H2 H3 HΦ Hln'"). }
    wp_bind (CmpXchg _ _ _). iInv "I" as (e R O) "[>Hs HO]". iDestruct (state_records with "Hs") as (v' rs') "(Hv & #Hln' & Hs)".
    
    iAssert ⌜vals_compare_safe v' v⌝%I as %Hsafe.
    { destruct rs; simpl; [iDestruct "Hln" as %->|iDestruct "Hln" as (->) "_"]; iPureIntro; by right. }
    destruct (decide (v' = v)) as [->|Hne].
    - wp_cmpxchg_suc. iDestruct "Hs" as "[_ Hs]". iMod ("Hs" with "Hv H0 H1 H2 H3") as (R') "[Hs Hr]". iModIntro.
      iSplitL "Hs HO"; first (iNext; iExists _, _, _; by iFrame). wp_pures. iApply "HΦ". by iFrame.
    - wp_cmpxchg_fail. iDestruct "Hs" as "[Hs _]". iDestruct ("Hs" with "Hv") as "Hs". iModIntro.
      iSplitL "Hs HO"; first (iNext; iExists _, _, _; by iFrame). wp_pures. iApply ("IH" with "H0 H1 H2 H3 HΦ Hln'").
  Qed.
  Lemma claim_spec γ d : {{{ is_domain γ d }}} claim #d {{{ r, RET #r; record γ r }}}.
  Proof.
    iIntros (Φ) "#[I I'] HΦ". wp_lam. wp_pures. wp_bind (! _)%E. iInv "I" as (e R O) "[>Hs HO]".
    iDestruct (state_records with "Hs") as (v rs) "(Hv & #Hln & [Hs _])". wp_load. iDestruct ("Hs" with "Hv") as "Hs". iModIntro.
    iSplitL "Hs HO"; first (iNext; iExists _, _, _; by iFrame). wp_pures. wp_apply (find_free_spec with "[$I $I' $Hln]").
    iIntros (w) "[->|H]"; wp_pures; last by (iDestruct "H" as (r ->) "H"; wp_pures; iApply "HΦ").
    wp_alloc r as "Hr"; first lia. rewrite /array /=. iDestruct "Hr" as "(H0 & H1 & H2 & H3 & _)". wp_pures. wp_store. wp_pures.
    wp_store. wp_pures. wp_apply (add_record_spec with "[$I $I' $Hln $H0 $H1 $H2 $H3]"). iIntros "Hr". by iApply "HΦ".
  Qed.
  Theorem new_reclaimer_spec γ d : {{{ is_domain γ d }}} new_reclaimer #d {{{ t, RET t; part γ d t None }}}.
  Proof.
    iIntros (Φ) "#I HΦ". wp_lam. wp_alloc k as "Hk". wp_alloc f as "Hf". wp_pures. wp_alloc p as "Hp". wp_pures.
    wp_apply (claim_spec with "I"). iIntros (r) "[#Hr Hx]". wp_pures. iApply "HΦ". iMod (mono_nat_lb_own_0 (γe γ)) as "#H0".
    iModIntro. iExists r, p, f, k. iFrame "Hr Hx". iSplit; [done|]. iSplitL "Hk Hf"; last by iExists _.
    iExists 0. iFrame "H0". iSplitL "Hf"; by iApply stack_empty.
  Qed.

  Lemma chain_safe (v : val) os : chain v os -∗ ⌜vals_compare_safe v v⌝.
  Proof. iIntros "Hc". destruct os; simpl; [iDestruct "Hc" as %->|iDestruct "Hc" as (->) "_"]; iPureIntro; by left. Qed.
  Lemma last_of_spec o os :
    {{{ chain (SOMEV #o) (o :: os) }}} last_of #o
    {{{ l, RET #l; (l +ₗ 2) ↦ NONEV ∗ ∀ v os', (l +ₗ 2) ↦ v -∗ chain v os' -∗ chain (SOMEV #o) ((o :: os) ++ os') }}}.
  Proof.
    iIntros (Φ) "H HΦ". iInduction os as [|o' os] "IH" forall (o Φ); iDestruct "H" as (_ w) "[Ho H]"; wp_rec; wp_load.
    - iDestruct "H" as %->. wp_pures. iApply "HΦ". iFrame. iIntros "!>" (v os') "Ho H". iSplit; [done|]. iExists v. iFrame.
    - iDestruct "H" as (->) "H". wp_pures. iApply ("IH" with "[H]"); first by (iSplit; [done|]).
      iIntros "!>" (l) "[Hl H]". iApply "HΦ". iFrame. iIntros (v os'') "Hl Hc". iSplit; [done|]. iExists (SOMEV #o'). iFrame.
      iApply ("H" with "Hl Hc").
  Qed.
  Lemma leave_spec γ d (o l : loc) (v w : val) os :
    vals_compare_safe v v →
    {{{ is_domain γ d ∗ (l +ₗ 2) ↦ w ∗ (∀ v os', (l +ₗ 2) ↦ v -∗ chain v os' -∗ chain (SOMEV #o) (os ++ os')) ∗
        [∗ list] o ∈ os, stamped γ any o }}}
      leave #d #o #l v
    {{{ RET #(); True }}}.
  Proof.
    iIntros (Hv Φ) "(#[I I'] & Hl & Hc & Hos) HΦ". iLöb as "IH" forall (v w Hv). wp_rec. wp_pures. wp_store. wp_pures.
    wp_lam. wp_pures.
    wp_apply nondet_bool_spec; first done. iIntros ([]) "_"; wp_pures.
    { wp_bind (! _)%E. iInv "I'" as (v' os') "(>Hd & >Hc' & Hos')". iDestruct (chain_safe with "Hc'") as %Hv'. wp_load.
      iModIntro. iSplitL "Hd Hc' Hos'"; first (iNext; iExists v', os'; by iFrame). wp_pures.
      iApply ("IH" with "[//] Hl Hc Hos HΦ"). }
    wp_bind (CmpXchg _ _ _). iInv "I'" as (v' os') "(>Hd & >Hc' & Hos')".
    iDestruct (chain_safe with "Hc'") as %Hv'. assert (vals_compare_safe v' v) by (destruct Hv; by right). destruct (decide (v' = v)) as [->|Hne].
    - wp_cmpxchg_suc. iModIntro. iSplitR "HΦ"; last by (wp_pures; iApply "HΦ"). iNext. iExists (SOMEV #o), (os ++ os').
      iFrame. iApply ("Hc" with "Hl Hc'").
    - wp_cmpxchg_fail. iModIntro. iSplitL "Hd Hc' Hos'"; first (iNext; iExists v', os'; by iFrame). wp_pures.
      by iApply ("IH" with "[//] Hl Hc Hos HΦ").
  Qed.
  Lemma collect_some_spec γ d (m p : val) f k l :
    l = f ∨ l = k →
    {{{ is_domain γ d ∗ garbage content γ f k }}} collect_some #l ((#d, m), (p, (#f, #k)))%V
    {{{ RET #(); garbage content γ f k }}}.
  Proof.
    iIntros (Hl Φ) "[#I Hg] HΦ". wp_lam. wp_pures.
    iAssert (WP !#l {{ v, ⌜v = NONEV ∨ ∃ o : loc, v = SOMEV #o⌝ ∗ garbage content γ f k }})%I with "[Hg]" as "Hload".
    { iDestruct "Hg" as (M) "(HM & Hf & Hk)".
      iAssert (∀ G, stack G l -∗ WP !#l {{ v, ⌜v = NONEV ∨ ∃ o : loc, v = SOMEV #o⌝ ∗ stack G l }})%I as "Hload".
      { iIntros (G) "H". iDestruct "H" as (v os) "(Hl & Hc & Hos)". wp_load. iModIntro.
        destruct os; [iDestruct "Hc" as %->|iDestruct "Hc" as (->) "Hc"].
        - iSplit; first auto. by iApply stack_empty.
        - iSplit; first by eauto. iExists _, (_ :: _). by iFrame. }
      destruct Hl as [->| ->]; [iApply (wp_wand with "(Hload Hf)")|iApply (wp_wand with "(Hload Hk)")];
        iIntros (v) "[$ H]"; iExists M; iFrame. }
    wp_bind (! _)%E. iApply (wp_wand with "Hload"). iIntros (v) "[[->|H] Hg]"; wp_pures; first by iApply "HΦ".
    iDestruct "H" as %[o ->]. wp_pures. by wp_apply (collect_spec with "[$I $Hg]").
  Qed.
  Lemma leave_orphans_spec γ d (m p : val) f k :
    {{{ is_domain γ d ∗ stack (stamped γ any) k }}} leave_orphans ((#d, m), (p, (#f, #k)))%V {{{ RET #(); True }}}.
  Proof.
    iIntros (Φ) "[#I Hk] HΦ". iDestruct "Hk" as (v os) "(Hk & Hc & Hos)". wp_lam. wp_pures. wp_load. destruct os as [|o os].
    { iDestruct "Hc" as %->. wp_pures. by iApply "HΦ". }
    iAssert ⌜v = SOMEV #o⌝%I as %->; first by iDestruct "Hc" as (->) "_".
    wp_pures. wp_apply (last_of_spec with "Hc"). iIntros (l) "[Hl Hc]". wp_pures. wp_bind (! _)%E.
    iPoseProof "I" as "[_ I']". iInv "I'" as (v' os') "(>Hd & >Hc' & Hos')". wp_load.
    iDestruct (chain_safe with "Hc'") as %Hv'. iModIntro. iSplitL "Hd Hc' Hos'"; first (iNext; iExists v', os'; by iFrame).
    wp_pures.
    wp_apply (leave_spec γ d o l v' _ (o :: os) with "[Hl Hc Hos]"); [done|by iFrame "I Hl Hc Hos"|]. by iApply "HΦ".
  Qed.
  Theorem end_reclaimer_spec γ d t : {{{ is_domain γ d ∗ part γ d t None }}} end_reclaimer t {{{ RET #(); True }}}.
  Proof.
    iIntros (Φ) "[#I Ht] HΦ". iDestruct "Ht" as (r p f k ->) "(#Hr & Hg & [Hx _])". wp_lam. wp_pures.
    wp_apply (collect_some_spec with "[$I $Hg]"); first by left. iIntros "Hg". wp_pures.
    wp_apply (collect_some_spec with "[$I $Hg]"); first by right. iIntros "Hg". wp_pures.
    iDestruct "Hg" as (M) "(_ & _ & Hk)". wp_apply (leave_orphans_spec with "[$I $Hk]"). iIntros "_". wp_pures.
    iDestruct "I" as "[I I']". iInv "I" as (e R O) "[>Hs HO]".
    iDestruct (state_taken with "Hs Hr") as (x tk [Hs Hxx]) "(H2 & _ & Hs)". wp_store.
    iDestruct ("Hs" $! false with "H2 Hx") as "Hs". iModIntro. iSplitL "Hs HO"; first (iNext; iExists _, _, _; by iFrame).
    by iApply "HΦ".
  Qed.
End owner.
