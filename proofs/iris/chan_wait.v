(* SPDX-License-Identifier: BSL-1.0 *)
(** Who waits in line, at a channel with a buffer or without: it lines up, sleeps until it is rung, or leaves; and the attempts under
    the channel's lock, whatever that protects. *)
From iris.base_logic.lib Require Import invariants cancelable_invariants mono_nat ghost_var ghost_map.
From iris.program_logic Require Import atomic.
From iris.heap_lang Require Import proofmode notation.
From iris.heap_lang.lib Require Import nondet_bool.
From sluice Require waiter_owner select_lines.
From sluice Require Import chan.

Global Instance answer_eq : EqDecision answer. Proof. solve_decision. Defined.
Ltac compare :=
  repeat (first [rewrite bool_decide_eq_true_2; [|done] | rewrite bool_decide_eq_false_2; [|done]]; wp_pures).

Section wait.
  Context `{!heapGS Σ, !chanG Σ} (N : namespace) (n : nat).
  Implicit Types (c : channel) (a w e : loc) (xs vs : list val) (m side ok waits : bool) (P : party) (L : list (loc * party)).
  Notation is_waiter := (is_waiter N n). Notation parties := (parties N n). Notation place := (place N n).
  Notation wants := (wants N n). Notation gets := gets.
  Notation E := (⊤ ∖ ↑N).
  Notation content c := (content (c_ring c)).
  Notation push_update := (push_update N n). Notation pop_update := (pop_update N).
  Notation to_ring := (to_ring N n).

  (** ** Steps of the abstract state *)
  Lemma push_commit c waits v Φ x vs m :
    push_answer n waits vs m x → push_update c waits v Φ -∗ content c vs m ={E}=∗ content c (pushed x v vs) m ∗ Φ #(code x).
  Proof.
    iIntros (Hx) "AU Hc". iMod "AU" as (vs' m') "[Hc' [_ Hclose]]". iDestruct (ghost_var_agree with "Hc Hc'") as %[= <- <-].
    iMod (ghost_var_update_halves (pushed x v vs, m) with "Hc Hc'") as "[$ Hc']". by iMod ("Hclose" $! x with "[$Hc']") as "$".
  Qed.
  Lemma pop_commit c waits Φ v vs m :
    pop_update c waits Φ -∗ content c (v :: vs) m ={E}=∗ content c vs m ∗ Φ (#(code moved), v)%V.
  Proof.
    iIntros "AU Hc". iMod "AU" as (vs' m') "[Hc' [_ Hclose]]". iDestruct (ghost_var_agree with "Hc Hc'") as %[= <- <-].
    iMod (ghost_var_update_halves (vs, m) with "Hc Hc'") as "[$ Hc']".
    iMod ("Hclose" $! (Got v) with "[Hc']") as "$"; last done. iExists vs. by iFrame.
  Qed.
  Definition no_pop waits vs m (x : answer) : Prop :=
    match x with
    | none => waits = false ∧ vs = [] ∧ m = false | closed => vs = [] ∧ m = true | quit => waits = true
    | moved | unfinished | barred => False
    end.
  Lemma pop_refuse c waits Φ x vs m :
    no_pop waits vs m x → pop_update c waits Φ -∗ content c vs m ={E}=∗ content c vs m ∗ Φ (#(code x), #())%V.
  Proof.
    iIntros (Hx) "AU Hc". iMod "AU" as (vs' m') "[Hc' [_ Hclose]]". iDestruct (ghost_var_agree with "Hc Hc'") as %[= <- <-].
    iFrame "Hc". iMod ("Hclose" $! (Not x) with "[Hc']") as "$"; last done. destruct x; try done; by iFrame.
  Qed.
  (** giving up changes nothing *)
  Lemma push_quit c v Φ : push_update c true v Φ ={⊤}=∗ Φ #(code quit).
  Proof.
    iIntros "AU". iApply (fupd_mask_mono E); first set_solver. iMod "AU" as (vs m) "[Hc [_ Hclose]]".
    by iMod ("Hclose" $! quit with "[$Hc]") as "$".
  Qed.
  Lemma pop_quit c Φ : pop_update c true Φ ={⊤}=∗ Φ (#(code quit), #())%V.
  Proof.
    iIntros "AU". iApply (fupd_mask_mono E); first set_solver. iMod "AU" as (vs m) "[Hc [_ Hclose]]".
    by iMod ("Hclose" $! (Not quit) with "[$Hc]") as "$".
  Qed.

  (** ** In a line *)
  Definition waiting c side a P Φ : iProp Σ := is_waiter c side a P Φ ∗ cinv_own (γw P) (1/2) ∗ owns P.

  Lemma append_party c side L a w e Φ' :
    {{{ parties c side L ∗ (a +ₗ 0) ↦ ((#w, #0), #e) ∗ alone a ∗ (a +ₗ 3) ↦ #false ∗ (w +ₗ 1) ↦ #silent ∗ wants c side e Φ' }}}
      append #(c_line c side) #a
    {{{ P, RET #(); ⌜p_waiter P = w ∧ p_element P = e⌝ ∗ parties c side (L ++ [(a, P)]) ∗ waiting c side a P Φ' }}}.
  Proof.
    iIntros (Φ) "((%Hd & Hg & Hl & HL) & Hf & Ha & Hsv & Hb & Hw) HΦ". iDestruct "Ha" as (v1) "[Ha1 Ha2]".
    iAssert ⌜a ∉ L.*1⌝%I as %Hne.
    { iIntros (Hin). apply elem_of_list_fmap in Hin as ([a' P] & -> & Hin).
      iDestruct (big_sepL_elem_of with "HL") as (?) "(_ & _ & _ & _ & Hsv')"; first done.
      iDestruct (mapsto_valid_2 with "Hsv Hsv'") as %[Hv _]. done. }
    iApply wp_fupd. wp_apply (append_spec with "[$Hl $Ha1 $Ha2]"). iIntros "Hl".
    iMod (cinv_alloc_cofinite ∅ ⊤ (N .@ "waiter")) as (gw _) "[[Hq Hq'] Halloc]".
    iMod (ghost_var_alloc 0%nat) as (gs) "[Hs Hs']". iMod (ghost_var_alloc 0%nat) as (go) "Ho".
    set (P := Party w e gw gs go).
    iMod (ghost_map_insert a P with "Hg") as "[Hg Hn]"; first by apply not_elem_of_list_to_map.
    iMod ("Halloc" $! (waiter_inv N n c side a P Φ') with "[Hb Hs Hn Hw]") as "#I".
    { iNext. iExists silent. iFrame "Hb". iLeft. by iFrame. }
    iModIntro. iApply ("HΦ" $! P). iSplit; first done. iSplitR "Hq Ho"; last by iFrame "I Hq Ho".
    iSplit.
    { iPureIntro. rewrite fmap_app. apply NoDup_app. split; first done. split; last by apply NoDup_singleton.
      intros x Hx ->%elem_of_list_singleton. done. }
    rewrite (list_to_map_proper (L ++ [(a, P)]) ((a, P) :: L)); last solve_Permutation.
    { rewrite fmap_app big_sepL_app /=. iFrame. iExists Φ'. by iFrame "I ∗". }
    rewrite fmap_app. apply NoDup_app. split; first done. split; last by apply NoDup_singleton.
    intros x Hx ->%elem_of_list_singleton. done.
  Qed.

  (** ** Sleep *)
  Lemma sleep_spec c side a P Φ' q :
    {{{ is_waiter c side a P Φ' ∗ cinv_own (γw P) q }}} CmpXchg #(p_waiter P +ₗ 1) #silent #asleep {{{ v, RET v; cinv_own (γw P) q }}}.
  Proof.
    iIntros (Φ) "[#I Hq] HΦ". iInv "I" as "[H Hq]" "Hclose". iDestruct "H" as (b) "[>Hb H]".
    destruct (decide (b = silent)) as [->|Hb].
    - wp_cmpxchg_suc. iMod ("Hclose" with "[Hb H]") as "_"; last by iApply "HΦ". iNext. iExists asleep. iFrame "Hb".
      iDestruct "H" as "[(_ & H)|[(_ & H)|[(% & _)|H]]]"; [iLeft|iRight; iLeft|done|do 3 iRight]; by iFrame.
    - wp_cmpxchg_fail. iMod ("Hclose" with "[Hb H]") as "_"; last by iApply "HΦ". iNext. iExists b. iFrame.
  Qed.
  Lemma has_rung_spec c side a P Φ' :
    {{{ waiting c side a P Φ' }}} has_rung #(p_waiter P)
    {{{ b, RET #b; if b : bool then cinv_own (γw P) (1/2) ∗ result side a P Φ' else waiting c side a P Φ' }}}.
  Proof.
    iIntros (Φ) "(#I & Hq & Ho) HΦ". wp_lam. wp_pures. wp_bind (! _)%E. iInv "I" as "[H Hq]" "Hclose".
    iDestruct "H" as (b) "[>Hb H]". wp_load. destruct (decide (b = rung)) as [->|Hb]; last first.
    { iMod ("Hclose" with "[Hb H]") as "_"; first (iNext; iExists b; iFrame). iModIntro. wp_pures.
      rewrite bool_decide_false; last (intros [=]; lia). iApply "HΦ". by iFrame "I Hq Ho". }
    iDestruct "H" as "[(% & _)|[(% & _)|[(_ & Hs & Hr)|(_ & Ho')]]]"; [done|done| |].
    - iMod ("Hclose" with "[Hb Hs Ho]") as "_"; first (iNext; iExists rung; iFrame "Hb"; do 3 iRight; iFrame).
      iModIntro. wp_pures. iApply "HΦ". by iFrame.
    - iDestruct (ghost_var_valid_2 with "Ho' Ho") as %[Hv _]. by destruct (Qp.not_add_le_l 1 1).
  Qed.
  Lemma wait_spec c side a P Φ' :
    {{{ waiting c side a P Φ' }}} wait #(p_waiter P)
    {{{ b, RET #b; if b : bool then cinv_own (γw P) (1/2) ∗ result side a P Φ' else waiting c side a P Φ' }}}.
  Proof.
    iIntros (Φ) "H HΦ". iLöb as "IH". wp_rec. iDestruct "H" as "(#I & Hq & Ho)". wp_bind (If _ _ _).
    iApply (wp_wand _ _ _ (λ _, cinv_own (γw P) (1/2)) with "[Hq]").
    { wp_apply nondet_bool_spec; first done. iIntros ([]) "_"; wp_pures; first done.
      wp_apply (sleep_spec with "[$I $Hq]"). iIntros (v) "Hq". by wp_pures. }
    iIntros (?) "Hq". wp_pures. wp_apply (has_rung_spec with "[$I $Hq $Ho]"). iIntros ([]) "H"; wp_pures; first by iApply "HΦ".
    wp_apply (has_rung_spec with "H"). iIntros ([]) "H"; wp_pures; first by iApply "HΦ".
    wp_apply nondet_bool_spec; first done. iIntros ([]) "_"; wp_pures; first by iApply "HΦ".
    by iApply ("IH" with "H HΦ").
  Qed.
  Lemma wait_for_ever_spec c side a P Φ' :
    {{{ waiting c side a P Φ' }}} wait_for_ever #(p_waiter P) {{{ RET #(); cinv_own (γw P) (1/2) ∗ result side a P Φ' }}}.
  Proof.
    iIntros (Φ) "H HΦ". iLöb as "IH". wp_rec. wp_apply (wait_spec with "H").
    iIntros ([]) "H"; wp_pures; [by iApply "HΦ"|by iApply ("IH" with "H HΦ")].
  Qed.

  (** ** Leave: who finds its node in line, under the lock, has not been claimed and never will be *)
  Lemma previous_cell l (ns ns' : list loc) a :
    line l (ns ++ a :: ns') -∗ ∃ p, (a +ₗ 2) ↦ p.
  Proof. rewrite /line segment_app /=. iIntros "(H0 & H1 & H2 & H3 & H4 & H5)". iExists _. iFrame. Qed.
  Lemma first_is_not c side L a :
    a ∉ L.*1 → {{{ parties c side L }}} !#(c_line c side +ₗ 0) = SOMEV #a {{{ RET #false; parties c side L }}}.
  Proof.
    iIntros (Hin Φ) "(Hd & Hg & (H0 & H1) & HL) HΦ". wp_load. destruct L as [|[y P] L]; simpl.
    - wp_pures. iApply "HΦ". by iFrame.
    - wp_pures. rewrite bool_decide_eq_false_2; last (intros [= ->]; destruct Hin; by left). iApply "HΦ". by iFrame.
  Qed.

  (** what is left of a wait when it ends: the frame *)
  Definition frame a w : iProp Σ := alone a ∗ (∃ f, (a +ₗ 0) ↦ f) ∗ (∃ s, (a +ₗ 3) ↦ s) ∗ ∃ b, (w +ₗ 1) ↦ b.

  Lemma leave_spec c side L a P Φ' :
    {{{ parties c side L ∗ waiting c side a P Φ' }}} leave #(c_line c side) #a
    {{{ (b : bool), RET #b; if b then ∃ A B, ⌜L = A ++ (a, P) :: B⌝ ∗ parties c side (A ++ B) ∗ frame a (p_waiter P) ∗ wants c side (p_element P) Φ'
        else parties c side L ∗ waiting c side a P Φ' }}}.
  Proof.
    iIntros (Φ) "[Hps (#I & Hq & Ho)] HΦ". wp_lam. wp_pures. destruct (decide (a ∈ L.*1)) as [Hin|Hin]; last first.
    { (* it has been claimed *)
      wp_lam. wp_pures. wp_bind (! _)%E. iInv "I" as "[H Hq]" "Hclose".
      iDestruct "H" as (b) "[>Hb [H|[H|[H|[_ >Ho']]]]]".
      - iDestruct "H" as "(_ & _ & >Hn & _)". iDestruct "Hps" as "(_ & Hg & _)". iDestruct (ghost_map_lookup with "Hg Hn") as %H.
        destruct Hin. apply elem_of_list_to_map_2 in H. apply elem_of_list_fmap. by exists (a, P).
      - iDestruct "H" as "(>% & >Hs & >H2)". wp_load. iMod ("Hclose" with "[Hb Hs H2]") as "_".
        { iNext. iExists b. iFrame "Hb". iRight. iLeft. by iFrame. }
        iModIntro. wp_pures. wp_apply (first_is_not with "Hps"); first done. iIntros "Hps". wp_pures. iApply "HΦ". by iFrame "∗ I".
      - iDestruct "H" as "(>% & >Hs & Hq' & >Ha & H)". iDestruct "Ha" as (v) "[H1 H2]". wp_load.
        iMod ("Hclose" with "[Hb Hs Hq' H1 H2 H]") as "_".
        { iNext. iExists b. iFrame "Hb". iRight. iRight. iLeft. iFrame "Hs". iSplit; first done. iFrame. iExists v. iFrame. }
        iModIntro. wp_pures. wp_apply (first_is_not with "Hps"); first done. iIntros "Hps". wp_pures. iApply "HΦ". by iFrame "∗ I".
      - iDestruct (ghost_var_valid_2 with "Ho' Ho") as %[Hv _]. by destruct (Qp.not_add_le_l 1 1). }
    apply elem_of_list_fmap in Hin as ([a' P'] & -> & Hin). simpl in *. apply elem_of_list_split in Hin as (A & B & ->).
    iDestruct "Hps" as "(%Hd & Hg & Hl & HL)". rewrite fmap_app fmap_cons. wp_apply (is_in_line_true with "Hl"). iIntros "Hl".
    iApply fupd_wp. iInv "I" as "[H Hq]" "Hclose".
    iDestruct "H" as (b) "[>Hb [H|[H|[H|[_ >Ho']]]]]"; last first.
    - iDestruct (ghost_var_valid_2 with "Ho' Ho") as %[Hv _]. by destruct (Qp.not_add_le_l 1 1).
    - iDestruct "H" as "(_ & _ & _ & >Ha & _)". iDestruct "Ha" as (v) "[_ Ha]".
      iDestruct (previous_cell with "Hl") as (p) "H2". by iDestruct (mapsto_valid_2 with "Ha H2") as %[Hv _].
    - iDestruct "H" as "(_ & _ & >Ha)".
      iDestruct (previous_cell with "Hl") as (p) "H2". by iDestruct (mapsto_valid_2 with "Ha H2") as %[Hv _].
    - iDestruct "H" as "(>%Hb & >Hs & >Hn & Hw)". iDestruct (ghost_map_lookup with "Hg Hn") as %Hin.
      rewrite (elem_of_list_to_map_1 (A ++ (a', P') :: B) a' P') in Hin;
        [|done|apply elem_of_app; right; by left]. injection Hin as ->.
      rewrite big_sepL_app big_sepL_cons. iDestruct "HL" as "(HA & Hy & HB)".
      iDestruct "Hy" as (Φ2) "(#I2 & Hq' & Hs' & Hf & Hsv)". simpl.
      iDestruct (ghost_var_agree with "Hs Hs'") as %_. iCombine "Hs Hs'" as "Hs". iMod (ghost_var_update 2%nat with "Hs") as "Hs".
      iMod (ghost_map_delete with "Hg Hn") as "Hg".
      iMod ("Hclose" with "[Hb Hs Ho]") as "_"; first (iNext; iExists b; iFrame "Hb"; do 3 iRight; iFrame).
      iModIntro. wp_pures. wp_apply (unlink_spec with "Hl"). iIntros "[Hl Ha]". wp_pures.
      iCombine "Hq Hq'" as "Hq". iMod (cinv_cancel with "I Hq") as "H"; first done.
      iDestruct "H" as (b') "[>Hb' _]". iApply "HΦ". iModIntro. iExists A, B. iSplit; first done.
      rewrite fmap_app fmap_cons in Hd. apply NoDup_app in Hd as (HdA & HdAB & HdB). apply NoDup_cons in HdB as [HaB HdB].
      iSplitL "Hg Hl HA HB".
      { iSplit.
        { iPureIntro. rewrite fmap_app. apply NoDup_app. split; first done. split; last done.
          intros x Hx Hx'. apply (HdAB x Hx). by right. }
        rewrite fmap_app big_sepL_app. iFrame.
        rewrite list_to_map_app list_to_map_cons. rewrite delete_union delete_insert_delete.
        rewrite (delete_notin (list_to_map A)); last first.
        { apply not_elem_of_list_to_map. intros Ha. apply (HdAB _ Ha). by left. }
        rewrite delete_notin; last by apply not_elem_of_list_to_map. by rewrite list_to_map_app. }
      iFrame "Hw Ha". iSplitL "Hf"; first by iExists _. iSplitL "Hsv"; by iExists _.
  Qed.

  (** ** Attempts under the lock, until it is decided *)
  Lemma until_decided_spec c (ring attempt otherwise give : val) (I B A : iProp Σ) (G : loc → iProp Σ) (R : val → iProp Σ)
      (Q : answer → val → iProp Σ) `{!Persistent B} :
    {{{ B ∗ I ∗ A }}} attempt #()
    {{{ x v s, RET ((#(code x), v), ptr s); of_claimed G s ∗
        match x with unfinished => I ∗ A | none => R v | _ => I ∗ Q x v end }}} →
    (∀ a, {{{ G a }}} give #a {{{ RET #(); to_ring c a }}}) →
    (∀ v, {{{ B ∗ R v }}} otherwise #() {{{ (b : bool), RET #b; I ∗ if b then Q none v else A }}}) →
    {{{ is_lock (N .@ "lock") (γl c) (c_lock c) I ∗ B ∗ A }}} until_decided (channel_value c ring) attempt otherwise give
    {{{ x v, RET (#(code x), v); ⌜x ≠ unfinished⌝ ∗ Q x v }}}.
  Proof.
    iIntros (Ha Hg Ho Φ) "(#Hl & #Hr & HA) HΦ". iLöb as "IH". wp_rec. wp_pures. wp_apply (lock_spec with "Hl"). iIntros "[Hlk Hi]". wp_pures.
    wp_apply (Ha with "[$Hr $Hi $HA]"). iIntros (x v s) "[Hs H]". wp_pures. wp_bind (If _ _ _).
    iApply (wp_wand _ _ _ (λ d, ∃ b : bool, ⌜d = #b⌝ ∗ I ∗ if decide (x = unfinished) then A else if b then Q x v else ⌜x = none⌝ ∗ A)%I with "[H]").
    { destruct (decide (x = none)) as [->|Hx].
      - compare. wp_apply (Ho with "[$Hr $H]"). iIntros (b) "[Hi H]". iExists b. iSplit; first done. iFrame "Hi".
        destruct b; by iFrame.
      - rewrite bool_decide_eq_false_2; last by destruct x. wp_pures. iModIntro. iExists true. iSplit; first done.
        destruct x; first [by destruct (Hx eq_refl) | by iDestruct "H" as "[$ $]"]. }
    iIntros (d) "H". iDestruct "H" as (b ->) "[Hi H]". wp_pures. wp_apply (unlock_spec with "[$Hl $Hlk $Hi]"). iIntros "_". wp_pures.
    wp_bind (heap_lang.Case _ _ _). iApply (wp_wand _ _ _ (λ _, True)%I with "[Hs]").
    { destruct s as [a|]; wp_pures; last done. wp_apply (Hg with "Hs"). iIntros "Hs". wp_pures. by wp_apply (ring_spec with "Hs"). }
    iIntros (?) "_". wp_pures. destruct (decide (x = unfinished)) as [->|Hx].
    - compare. by iApply ("IH" with "H HΦ").
    - rewrite bool_decide_eq_false_2; last by destruct x. wp_pures. destruct b; wp_pures.
      + iApply "HΦ". iModIntro. by iFrame.
      + iDestruct "H" as "[_ HA]". by iApply ("IH" with "HA HΦ").
  Qed.

  (** ** In line *)
  Definition answered side e (Φ : val → iProp Σ) (x : answer) : iProp Σ :=
    ∃ ok, ⌜x = if ok : bool then moved else closed⌝ ∗ gets side e Φ ok.
  Lemma wait_in_line_spec c (ring leave : val) (I B : iProp Σ) side a P Φ' `{!Persistent B} :
    {{{ B ∗ I ∗ waiting c side a P Φ' }}} leave #()
    {{{ (b : bool), RET #b; I ∗ if b then frame a (p_waiter P) ∗ wants c side (p_element P) Φ' else waiting c side a P Φ' }}} →
    {{{ (is_lock (N .@ "lock") (γl c) (c_lock c) I ∗ B) ∗ waiting c side a P Φ' }}}
      wait_in_line (channel_value c ring) #(p_waiter P) #a leave
    {{{ x, RET #(code x); frame a (p_waiter P) ∗ if decide (x = quit) then wants c side (p_element P) Φ' else answered side (p_element P) Φ' x }}}.
  Proof.
    iIntros (Hleave Φ) "[#[Hl Hr] (#Iw & Hq & Ho)] HΦ". wp_lam. wp_pures. wp_apply (wait_spec with "[$Iw $Hq $Ho]").
    iIntros (woken) "H". wp_pures. wp_bind (If _ _ _).
    iApply (wp_wand _ _ _ (λ d, ∃ left : bool, ⌜d = #left⌝ ∗ if left then frame a (p_waiter P) ∗ wants c side (p_element P) Φ' else
      if woken then cinv_own (γw P) (1/2) ∗ result side a P Φ' else waiting c side a P Φ')%I with "[H]").
    { destruct woken; wp_pures; first (iExists false; by iFrame). wp_apply (lock_spec with "Hl"). iIntros "[Hlk Hi]". wp_pures.
      wp_apply (Hleave with "[$Hr $Hi $H]"). iIntros (b) "[Hi H]". wp_pures. wp_apply (unlock_spec with "[$Hl $Hlk $Hi]"). iIntros "_".
      wp_pures. iExists b. iFrame. done. }
    iIntros (d) "H". iDestruct "H" as (left ->) "H". destruct left; wp_pures.
    { iApply ("HΦ" $! quit). iModIntro. iExact "H". }
    wp_bind (If _ _ _). iApply (wp_wand _ _ _ (λ _, cinv_own (γw P) (1/2) ∗ result side a P Φ')%I with "[H]").
    { destruct woken; wp_pures; first done. wp_apply (wait_for_ever_spec with "H"). by iIntros. }
    iIntros (?) "[Hq (Hq' & Ha & Hf & H)]". iDestruct "H" as (ok) "[Hsv Hg]". wp_pures. wp_load.
    iCombine "Hq Hq'" as "Hq". iMod (cinv_cancel with "Iw Hq") as "H"; first done. iDestruct "H" as (b) "[>Hb _]".
    iAssert (frame a (p_waiter P)) with "[Ha Hf Hsv Hb]" as "Hfr".
    { iFrame "Ha Hf". iSplitL "Hsv"; by iExists _. }
    destruct ok; wp_pures.
    - iApply ("HΦ" $! moved). iModIntro. iFrame. by iExists true; iFrame.
    - iApply ("HΦ" $! closed). iModIntro. iFrame. by iExists false; iFrame.
  Qed.

  (** a frame that is not in line yet *)
  Definition node w e a : iProp Σ := (a +ₗ 0) ↦ ((#w, #0), #e) ∗ alone a ∗ (a +ₗ 3) ↦ #false ∗ (w +ₗ 1) ↦ #silent.
  Lemma node_frame w e a : node w e a -∗ frame a w.
  Proof. iIntros "(Hf & Ha & Hs & Hb)". iFrame "Ha". iSplitL "Hf"; first by iExists _. iSplitL "Hs"; by iExists _. Qed.
  Lemma end_frame w e a (v u : val) z Φ :
    frame a w -∗ (w +ₗ 0) ↦ z -∗ e ↦ v -∗ Φ u -∗ WP (end_node #a;; end_waiter #w;; Free #e;; u) {{ Φ }}.
  Proof.
    iIntros "(Ha & Hf & Hs & Hb) Hz Hv HΦ". iDestruct "Hb" as (b) "Hb". iDestruct "Hf" as (f) "Hf". iDestruct "Hs" as (s) "Hs".
    wp_apply (select_lines.end_node_spec with "[$Ha Hf Hs]"); first (iExists f, s; iFrame). iIntros "_". wp_pures.
    wp_apply (waiter_owner.end_waiter_spec with "[$Hz $Hb]"). iIntros "_". wp_pures. wp_free. wp_pures. done.
  Qed.

  (** ** Whom a close refuses *)
  Fixpoint waiters_value (l : list loc) : val := match l with [] => NONEV | a :: l => SOMEV (#a, waiters_value l) end.
  Lemma ring_all_spec c l : {{{ [∗ list] a ∈ l, to_ring c a }}} ring_all (waiters_value l) {{{ RET #(); True }}}.
  Proof.
    iIntros (Φ) "H HΦ". iInduction l as [|a l] "IH"; wp_rec; wp_pures; first by iApply "HΦ".
    iDestruct "H" as "[Ha H]". wp_apply (ring_spec with "Ha"). iIntros "_". wp_pures. iApply ("IH" with "H HΦ").
  Qed.
End wait.
